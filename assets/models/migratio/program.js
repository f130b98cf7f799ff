// Migratio, immigration programs and what they depend on.
// mongodeck: database=migratio domain=Program
const mongoose = require('mongoose');
const { Schema } = mongoose;
const { CURRENCIES, LANGUAGES } = require('./constants');

const criterionSchema = new Schema({
  key: { type: String, required: true },
  label: { type: String, required: true },
  kind: { type: String, enum: ['age', 'education', 'language', 'work', 'funds', 'other'], required: true },
  minimum: Number,
  points: { type: Map, of: Number },
  isMandatory: { type: Boolean, default: false },
}, { _id: false });

const programSchema = new Schema({
  name: { type: String, required: true },
  code: { type: String, required: true, unique: true, uppercase: true, match: /^[A-Z0-9-]+$/ },
  countryId: { type: Schema.Types.ObjectId, ref: 'Country', required: true },
  category: { type: String, enum: ['skilled-worker', 'business', 'family', 'student', 'humanitarian'], required: true },
  description: String,
  criteria: [criterionSchema],
  fees: {
    application: { type: Schema.Types.Decimal128 },
    currency: { type: String, enum: CURRENCIES },
  },
  processingMonths: { min: { type: Number, min: 0 }, max: { type: Number, min: 0 } },
  isOpen: { type: Boolean, default: true },
}, { timestamps: true });
programSchema.index({ countryId: 1, category: 1 });
programSchema.index({ name: 'text', description: 'text' });

const countrySchema = new Schema({
  name: { type: String, required: true },
  iso2: { type: String, required: true, unique: true, match: /^[A-Z]{2}$/ },
  iso3: { type: String, required: true, match: /^[A-Z]{3}$/ },
  currency: { type: String, required: true, minlength: 3, maxlength: 3 },
  languages: [{ type: String, enum: LANGUAGES }],
  region: { type: String, enum: ['Africa', 'Americas', 'Asia', 'Europe', 'Oceania'], required: true },
  isDestination: { type: Boolean, default: false },
}, { timestamps: true });

const occupationCodeSchema = new Schema({
  code: { type: String, required: true },
  system: { type: String, enum: ['NOC', 'ANZSCO', 'SOC', 'ISCO'], required: true },
  title: { type: String, required: true },
  skillLevel: { type: Number, min: 0, max: 5 },
  countryId: { type: Schema.Types.ObjectId, ref: 'Country' },
  inDemand: { type: Boolean, default: false },
}, { timestamps: true });
occupationCodeSchema.index({ system: 1, code: 1 }, { unique: true });

const policyUpdateSchema = new Schema({
  programId: { type: Schema.Types.ObjectId, ref: 'Program' },
  countryId: { type: Schema.Types.ObjectId, ref: 'Country', required: true },
  title: { type: String, required: true },
  summary: { type: String, maxlength: 2000 },
  impact: { type: String, enum: ['low', 'medium', 'high'], required: true },
  sourceUrl: { type: String, match: /^https?:\/\// },
  effectiveFrom: { type: Date, required: true },
}, { timestamps: true });
policyUpdateSchema.index({ countryId: 1, effectiveFrom: -1 });

module.exports = {
  Program: mongoose.model('Program', programSchema),
  Country: mongoose.model('Country', countrySchema),
  OccupationCode: mongoose.model('OccupationCode', occupationCodeSchema),
  PolicyUpdate: mongoose.model('PolicyUpdate', policyUpdateSchema),
};
