// Migratio, what is recommended to whom, and what is missing.
// mongodeck: database=migratio domain=Recommendation
const mongoose = require('mongoose');
const { Schema } = mongoose;

const recommendationSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  sessionId: { type: Schema.Types.ObjectId, ref: 'QuizSession', required: true },
  matches: [{ type: Schema.Types.ObjectId, ref: 'Match' }],
  algorithmVersion: { type: String, required: true, match: /^\d+\.\d+\.\d+$/ },
  status: { type: String, enum: ['computing', 'ready', 'stale'], default: 'ready' },
  expiresAt: Date,
}, { timestamps: true });
recommendationSchema.index({ userId: 1, createdAt: -1 });

const matchSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  programId: { type: Schema.Types.ObjectId, ref: 'Program', required: true },
  score: { type: Number, min: 0, max: 100, required: true },
  successProbability: { type: Number, min: 0, max: 1 },
  breakdown: { type: Map, of: Number },
  rank: { type: Number, min: 1 },
}, { timestamps: true });
matchSchema.index({ userId: 1, score: -1 });
matchSchema.index({ programId: 1 });

const gapSchema = new Schema({
  criterion: { type: String, required: true },
  current: Schema.Types.Mixed,
  needed: { type: Schema.Types.Mixed, required: true },
  severity: { type: String, enum: ['minor', 'moderate', 'critical'], required: true },
  advice: String,
}, { _id: false });

const gapAnalysisSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  programId: { type: Schema.Types.ObjectId, ref: 'Program', required: true },
  gaps: [gapSchema],
  estimatedMonths: { type: Number, min: 0 },
}, { timestamps: true });
gapAnalysisSchema.index({ userId: 1, programId: 1 }, { unique: true });

module.exports = {
  Recommendation: mongoose.model('Recommendation', recommendationSchema),
  Match: mongoose.model('Match', matchSchema),
  GapAnalysis: mongoose.model('GapAnalysis', gapAnalysisSchema),
};
