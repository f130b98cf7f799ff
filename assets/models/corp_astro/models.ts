// Corp Astro: what its admin panel keeps in MongoDB: users, content, configurations.
// mongodeck: database=corp_astro domain=Accounts
import { Schema, model } from 'mongoose';

const UserSchema = new Schema({
  email: { type: String, required: true, unique: true },
  password: { type: String, required: true },
  profile: {
    firstName: String,
    lastName: String,
    birthDate: Date,
    birthTime: String,
    birthPlace: String,
    profilePicture: String,
  },
  roles: [{ type: String, enum: ['user', 'admin', 'superadmin'] }],
  preferences: Schema.Types.Mixed,
  createdAt: { type: Date, default: Date.now },
  updatedAt: { type: Date, default: Date.now },
});

export const User = model('User', UserSchema);

// mongodeck: database=corp_astro domain=Content
const ContentSchema = new Schema({
  title: { type: String, required: true, maxlength: 200 },
  slug: { type: String, required: true, unique: true, match: /^[a-z0-9]+(-[a-z0-9]+)*$/ },
  description: String,
  body: { type: String, required: true },
  kind: { type: String, enum: ['article', 'horoscope', 'report', 'announcement'], default: 'article' },
  status: { type: String, enum: ['draft', 'review', 'published', 'archived'], default: 'draft', index: true },
  tags: [{ type: String, lowercase: true }],
  author: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  publishedAt: Date,
  views: { type: Schema.Types.BigInt, default: 0n },
  translations: { type: Map, of: new Schema({ title: { type: String, required: true }, body: String }, { _id: false }) },
  createdAt: { type: Date, default: Date.now },
  updatedAt: { type: Date, default: Date.now },
});
ContentSchema.index({ title: 'text', description: 'text' });
ContentSchema.index({ tags: 1 });
ContentSchema.index({ author: 1, createdAt: -1 });

export const Content = model('Content', ContentSchema);

// mongodeck: database=corp_astro domain=System
const ConfigurationSchema = new Schema({
  key: { type: String, required: true, unique: true },
  value: { type: Schema.Types.Mixed, required: true },
  environment: { type: String, enum: ['development', 'staging', 'production'], required: true },
  description: String,
  updatedBy: { type: Schema.Types.ObjectId, ref: 'User' },
  updatedAt: { type: Date, default: Date.now },
});

export const Configuration = model('Configuration', ConfigurationSchema);
