// DateNight.io: the main database, over the default connection.
// mongodeck: database=datenight domain=Accounts
import mongoose from 'mongoose';

const { ObjectId, Decimal128 } = mongoose.Schema.Types;

const pointSchema = new mongoose.Schema({
  type: { type: String, enum: ['Point'], default: 'Point', required: true },
  coordinates: { type: [Number], required: true },
}, { _id: false });

const userSchema = new mongoose.Schema({
  username: { type: String, required: true, unique: true, minlength: 3, maxlength: 30, trim: true },
  email: { type: String, required: true, unique: true, lowercase: true, match: /^[^@\s]+@[^@\s]+\.[^@\s]+$/ },
  password: { type: String, required: true, select: false },
  role: { type: String, enum: ['user', 'advertiser', 'moderator', 'admin'], default: 'user' },
  status: { type: String, enum: ['active', 'suspended', 'banned', 'deleted'], default: 'active', index: true },
  verified: { type: Boolean, default: false },
  lastActiveAt: Date,
}, { timestamps: true });

export const User = mongoose.model('User', userSchema);

const profileSchema = new mongoose.Schema({
  user: { type: ObjectId, ref: 'User', required: true, unique: true },
  displayName: { type: String, required: true, maxlength: 50 },
  birthDate: { type: Date, required: true },
  gender: { type: String, enum: ['woman', 'man', 'non-binary', 'other'] },
  bio: { type: String, maxlength: 500 },
  interests: [String],
  photos: [{ url: { type: String, required: true }, isPrimary: { type: Boolean, default: false }, _id: false }],
  location: { type: pointSchema, index: '2dsphere' },
  seeking: {
    genders: [{ type: String, enum: ['woman', 'man', 'non-binary', 'other'] }],
    minAge: { type: Number, min: 18, default: 18 },
    maxAge: { type: Number, max: 120, default: 99 },
    distanceKm: { type: Number, min: 1, max: 500, default: 50 },
  },
}, { timestamps: true });
profileSchema.index({ interests: 1 });

export const Profile = mongoose.model('Profile', profileSchema);

// mongodeck: database=datenight domain=Business
const advertisementSchema = new mongoose.Schema({
  advertiser: { type: ObjectId, ref: 'User', required: true },
  title: { type: String, required: true, maxlength: 100 },
  description: { type: String, maxlength: 2000 },
  category: { type: String, enum: ['restaurant', 'event', 'travel', 'gift', 'service'], required: true },
  price: { type: Decimal128, required: true },
  currency: { type: String, enum: ['EUR', 'GBP', 'NOK', 'USD'], default: 'EUR' },
  status: { type: String, enum: ['draft', 'active', 'paused', 'expired'], default: 'draft' },
  location: pointSchema,
  startsAt: { type: Date, required: true },
  expiresAt: Date,
}, { timestamps: true });
advertisementSchema.index({ status: 1, category: 1 });
advertisementSchema.index({ advertiser: 1 });
advertisementSchema.index({ location: '2dsphere' });

export const Advertisement = mongoose.model('Advertisement', advertisementSchema);

const transactionSchema = new mongoose.Schema({
  user: { type: ObjectId, ref: 'User', required: true },
  advertisement: { type: ObjectId, ref: 'Advertisement' },
  kind: { type: String, enum: ['payment', 'refund', 'payout'], required: true },
  amount: { type: Decimal128, required: true },
  currency: { type: String, enum: ['EUR', 'GBP', 'NOK', 'USD'], default: 'EUR' },
  status: { type: String, enum: ['pending', 'completed', 'failed', 'refunded'], default: 'pending' },
  reference: { type: mongoose.Schema.Types.UUID, required: true, unique: true, immutable: true },
  providerData: mongoose.Schema.Types.Mixed,
}, { timestamps: true });
transactionSchema.index({ user: 1, createdAt: -1 });
transactionSchema.index({ status: 1 }, { partialFilterExpression: { status: 'pending' } });

export const Transaction = mongoose.model('Transaction', transactionSchema);

// mongodeck: database=datenight domain=Chat
const chatSchema = new mongoose.Schema({
  participants: [{ type: ObjectId, ref: 'User', required: true }],
  lastMessageAt: Date,
  unread: { type: Map, of: { type: Number, min: 0 } },
}, { timestamps: true });
chatSchema.index({ participants: 1 });

export const Chat = mongoose.model('Chat', chatSchema);

const chatMessageSchema = new mongoose.Schema({
  chat: { type: ObjectId, ref: 'Chat', required: true },
  sender: { type: ObjectId, ref: 'User', required: true },
  kind: { type: String, enum: ['text', 'image', 'system'], default: 'text' },
  body: { type: String, required: true, maxlength: 4000 },
  attachment: Buffer,
  readAt: Date,
  deleted: { type: Boolean, default: false },
}, { timestamps: true });
chatMessageSchema.index({ chat: 1, createdAt: -1 });

export const ChatMessage = mongoose.model('ChatMessage', chatMessageSchema);
