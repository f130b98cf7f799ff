// DateNight.io: the second database, over its own connection: figures and logs that the product can do without.
// mongodeck: database=datenight_analytics domain=Analytics
import mongoose from 'mongoose';
import database1 from '../config/database1.js';

const { ObjectId, Mixed } = mongoose.Schema.Types;

const analyticSchema = new mongoose.Schema({
  event: { type: String, enum: ['view', 'click', 'like', 'match', 'message', 'purchase'], required: true },
  userId: { type: ObjectId, ref: 'User' },
  sessionId: { type: String, required: true },
  target: { kind: { type: String, enum: ['profile', 'advertisement', 'chat'] }, id: ObjectId },
  device: { platform: { type: String, enum: ['ios', 'android', 'web'] }, version: String },
  durationMs: { type: Number, min: 0 },
  properties: Mixed,
  occurredAt: { type: Date, required: true, default: Date.now },
});
analyticSchema.index({ event: 1, occurredAt: -1 });
analyticSchema.index({ userId: 1, occurredAt: -1 });

export const Analytic = database1.model('Analytic', analyticSchema);

const metricSchema = new mongoose.Schema({
  name: { type: String, required: true },
  value: { type: mongoose.Schema.Types.Double, required: true },
  unit: { type: String, enum: ['count', 'ms', 'bytes', 'percent'], required: true },
  labels: { type: Map, of: String },
  at: { type: Date, required: true },
}, { versionKey: false });
metricSchema.index({ name: 1, at: -1 });
metricSchema.index({ at: 1 }, { expireAfterSeconds: 60 * 60 * 24 * 90 });

export const Metric = database1.model('Metric', metricSchema);

const logSchema = new mongoose.Schema({
  level: { type: String, enum: ['debug', 'info', 'warn', 'error'], required: true },
  service: { type: String, required: true },
  message: { type: String, required: true },
  context: Mixed,
  at: { type: Date, required: true, default: Date.now, expires: '30d' },
}, { versionKey: false, collection: 'logs' });
logSchema.index({ level: 1, at: -1 });

export const Log = database1.model('Log', logSchema);

// mongodeck: database=datenight_analytics domain=History
const historySchema = new mongoose.Schema({
  entity: { type: String, enum: ['user', 'profile', 'advertisement', 'transaction'], required: true },
  entityId: { type: ObjectId, required: true },
  action: { type: String, enum: ['created', 'updated', 'deleted'], required: true },
  before: Mixed,
  after: Mixed,
  at: { type: Date, required: true },
}, { versionKey: false });
historySchema.index({ entity: 1, entityId: 1, at: -1 });

export const History = database1.model('History', historySchema);
