// mongodeck: database=shop domain=Accounts
import mongoose, { Schema, type InferSchemaType, type Model } from 'mongoose';
import uniqueValidator from 'mongoose-unique-validator';
import addressSchema from '../schemas/address';
import audit from '../plugins/audit';

interface AccountMethods {
  fullName(): string;
}

const baseOptions = { timestamps: { createdAt: 'joinedAt', updatedAt: true }, collection: 'accounts' } as const;

const accountSchema = new Schema(
  {
    email: { type: String, required: true, unique: true, lowercase: true, trim: true, immutable: true },
    name: {
      first: { type: String, required: true },
      last: { type: String, required: function () { return this.kind === 'person'; } },
    },
    kind: { type: String, enum: ['person', 'company'], default: 'person' },
    vatNumber: { type: String, required: [function () { return this.kind === 'company'; }, 'a company needs one'] },
    addresses: { type: [addressSchema], validate: [(v: unknown[]) => v.length <= 5, 'too many'] },
    roles: { type: [String], enum: ['admin', 'staff', 'customer'], default: ['customer'] },
    settings: { type: Map, of: Schema.Types.Mixed },
    loyalty: { points: { type: Number, min: [0, 'never below {MIN}'], default: 0 }, since: Date },
    avatar: Buffer,
    externalId: { type: Schema.Types.UUID },
    visits: { type: BigInt, default: 0n },
    passwordHash: { type: String, select: false },
  },
  baseOptions,
);

accountSchema.plugin(audit, { field: 'changedBy' });
accountSchema.plugin(uniqueValidator);

accountSchema.virtual('displayName').get(function () {
  return `${this.name?.first} ${this.name?.last}`;
});
accountSchema.virtual('orders', { ref: 'Order', localField: '_id', foreignField: 'account' });

accountSchema.methods.fullName = function () {
  return this.displayName;
};
accountSchema.statics.byEmail = function (email: string) {
  return this.findOne({ email });
};
accountSchema.pre('validate', function (next) {
  next();
});
accountSchema.path('vatNumber').index({ sparse: true });
accountSchema.index({ 'name.last': 1, 'name.first': 1 });

export type Account = InferSchemaType<typeof accountSchema>;
export const Account =
  (mongoose.models.Account as Model<Account, {}, AccountMethods>) || mongoose.model('Account', accountSchema);
