// mongodeck: database=shop domain=Sales
import mongoose from 'mongoose';
import { CHANNELS, LIMITS, OrderStatus, Priority } from '../constants/index.js';
import { moneySchema as money } from '../schemas/money.js';
import { paginate } from '../plugins/paginate';
import { tenant } from '@shop/tenancy';

const { ObjectId } = mongoose.Schema.Types;

const lineSchema = new mongoose.Schema({
  product: { type: ObjectId, ref: 'Product', required: true },
  sku: { type: String, required: true },
  quantity: { type: Number, required: true, min: 1, validate: { validator: Number.isInteger, message: 'whole numbers' } },
  unit: money,
});

const orderSchema = new mongoose.Schema(
  {
    account: { type: ObjectId, ref: () => 'Account', required: true, index: true },
    status: { type: String, enum: { values: Object.values(OrderStatus), message: '{VALUE} is no status' }, default: OrderStatus.Open },
    priority: { type: Number, enum: Priority, default: Priority.Normal },
    channel: { type: String, enum: Object.keys(CHANNELS) },
    lines: { type: [lineSchema], required: true },
    total: { type: money, required: true },
    subject: { type: ObjectId, refPath: 'subjectModel' },
    subjectModel: { type: String, enum: ['Product', 'Account'] },
    tenant,
    events: [new mongoose.Schema({ at: { type: Date, default: Date.now } }, { discriminatorKey: 'kind', _id: false })],
    expiresAt: { type: Date, expires: LIMITS.retention },
  },
  { timestamps: true, optimisticConcurrency: true },
);

orderSchema.path('events').discriminator('Payment', new mongoose.Schema({ reference: { type: String, required: true } }, { _id: false }));
orderSchema.path('events').discriminator('Shipment', new mongoose.Schema({ carrier: String }, { _id: false }), 'shipped');
orderSchema.plugin(paginate);
orderSchema.post('save', (doc) => console.log(doc));
orderSchema.index({ account: 1, createdAt: -1 });

export const Order = mongoose.model('Order', orderSchema);
