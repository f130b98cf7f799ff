// mongodeck: database=shop domain=Operations
import { Schema, model } from 'mongoose';

const options = { discriminatorKey: 'type', collection: 'event_log', timestamps: { createdAt: 'at', updatedAt: false } };

const eventSchema = new Schema({ level: { type: String, enum: ['info', 'warn'], default: 'info' } }, options);
export const Event = model('Event', eventSchema);
export const Login = Event.discriminator('Login', new Schema({ account: { type: Schema.Types.ObjectId, ref: 'Account' } }, options));
export const Purchase = Event.discriminator('Purchase', new Schema({ order: { type: Schema.Types.ObjectId, ref: 'Order', required: true } }), 'bought');
