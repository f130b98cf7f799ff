// Migratio, the users' side: accounts, profiles, what they pay.
// mongodeck: database=migratio domain=User
const mongoose = require('mongoose');
const { Schema } = mongoose;
const { LANGUAGES, EDUCATION_LEVELS, CURRENCIES, LANGUAGE_TESTS } = require('./constants');

const userSchema = new Schema({
  email: { type: String, required: true, unique: true, lowercase: true, trim: true, match: /^[^@\s]+@[^@\s]+\.[^@\s]+$/ },
  passwordHash: { type: String, required: true, select: false },
  firstName: { type: String, required: true, trim: true },
  lastName: { type: String, required: true, trim: true },
  role: { type: String, enum: ['user', 'consultant', 'admin'], default: 'user' },
  status: { type: String, enum: ['pending', 'active', 'suspended', 'closed'], default: 'pending' },
  locale: { type: String, enum: LANGUAGES, default: 'en' },
  emailVerifiedAt: Date,
  lastLoginAt: Date,
}, { timestamps: true });
userSchema.index({ status: 1, role: 1 });

const languageSkillSchema = new Schema({
  language: { type: String, enum: LANGUAGES, required: true },
  test: { type: String, enum: LANGUAGE_TESTS },
  speaking: { type: Number, min: 0, max: 12 },
  listening: { type: Number, min: 0, max: 12 },
  reading: { type: Number, min: 0, max: 12 },
  writing: { type: Number, min: 0, max: 12 },
  testedAt: Date,
}, { _id: false });

const workExperienceSchema = new Schema({
  title: { type: String, required: true },
  occupationCode: { type: Schema.Types.ObjectId, ref: 'OccupationCode' },
  country: { type: Schema.Types.ObjectId, ref: 'Country' },
  startDate: { type: Date, required: true },
  endDate: Date,
  hoursPerWeek: { type: Number, min: 1, max: 80 },
});

const profileSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true, unique: true },
  birthDate: { type: Date, required: true },
  citizenships: [{ type: Schema.Types.ObjectId, ref: 'Country' }],
  residence: { type: Schema.Types.ObjectId, ref: 'Country' },
  maritalStatus: { type: String, enum: ['single', 'married', 'common-law', 'divorced', 'widowed'] },
  dependants: { type: Number, min: 0, max: 20, default: 0 },
  education: [{
    level: { type: String, enum: EDUCATION_LEVELS, required: true },
    field: String,
    institution: String,
    completedAt: Date,
  }],
  languages: [languageSkillSchema],
  workExperience: [workExperienceSchema],
  finances: {
    savings: { type: Schema.Types.Decimal128 },
    currency: { type: String, enum: CURRENCIES },
  },
  completeness: { type: Number, min: 0, max: 100, default: 0 },
}, { timestamps: true });

const subscriptionSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  plan: { type: String, enum: ['free', 'basic', 'premium', 'enterprise'], required: true },
  status: { type: String, enum: ['trialing', 'active', 'past_due', 'cancelled'], required: true },
  paymentMethodId: { type: Schema.Types.ObjectId, ref: 'PaymentMethod' },
  price: { type: Schema.Types.Decimal128, required: true },
  currency: { type: String, enum: CURRENCIES, required: true },
  startedAt: { type: Date, required: true },
  renewsAt: Date,
  cancelledAt: Date,
}, { timestamps: true });
subscriptionSchema.index({ userId: 1, status: 1 });
subscriptionSchema.index({ renewsAt: 1 }, { sparse: true });

const paymentMethodSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true, index: true },
  type: { type: String, enum: ['card', 'sepa', 'paypal'], required: true },
  brand: String,
  last4: { type: String, match: /^\d{4}$/ },
  expiresMonth: { type: Number, min: 1, max: 12 },
  expiresYear: { type: Number, min: 2020, max: 2100 },
  isDefault: { type: Boolean, default: false },
}, { timestamps: true });

module.exports = {
  User: mongoose.model('User', userSchema),
  Profile: mongoose.model('Profile', profileSchema),
  Subscription: mongoose.model('Subscription', subscriptionSchema),
  PaymentMethod: mongoose.model('PaymentMethod', paymentMethodSchema),
};
