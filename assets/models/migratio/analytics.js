// Migratio, what happens in the product.
// mongodeck: database=migratio domain=Analytics
const mongoose = require('mongoose');
const { Schema } = mongoose;

const eventSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User' },
  name: { type: String, enum: ['sign_up', 'log_in', 'quiz_started', 'quiz_completed', 'program_viewed', 'roadmap_created', 'document_uploaded', 'subscribed'], required: true },
  properties: Schema.Types.Mixed,
  occurredAt: { type: Date, required: true },
}, { versionKey: false });
eventSchema.index({ name: 1, occurredAt: -1 });
eventSchema.index({ userId: 1, occurredAt: -1 });

const userJourneySchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true, unique: true },
  stage: { type: String, enum: ['visitor', 'registered', 'assessed', 'planning', 'applying', 'settled'], required: true },
  steps: [{
    stage: { type: String, enum: ['visitor', 'registered', 'assessed', 'planning', 'applying', 'settled'], required: true },
    enteredAt: { type: Date, required: true },
    _id: false,
  }],
}, { timestamps: true });

const metricSchema = new Schema({
  name: { type: String, required: true },
  day: { type: Date, required: true },
  value: { type: Number, required: true },
  dimensions: { type: Map, of: String },
}, { versionKey: false });
metricSchema.index({ name: 1, day: -1 });

const reportSchema = new Schema({
  title: { type: String, required: true },
  kind: { type: String, enum: ['growth', 'conversion', 'revenue', 'programs'], required: true },
  period: { from: { type: Date, required: true }, to: { type: Date, required: true } },
  createdBy: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  metrics: [{ type: Schema.Types.ObjectId, ref: 'Metric' }],
  data: Schema.Types.Mixed,
}, { timestamps: true });
reportSchema.index({ kind: 1, createdAt: -1 });

module.exports = {
  Event: mongoose.model('Event', eventSchema),
  UserJourney: mongoose.model('UserJourney', userJourneySchema),
  Metric: mongoose.model('Metric', metricSchema),
  Report: mongoose.model('Report', reportSchema),
};
