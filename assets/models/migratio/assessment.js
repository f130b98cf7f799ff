// Migratio, the assessment: questions, one person's run through them, the answers.
// mongodeck: database=migratio domain=Assessment
const mongoose = require('mongoose');
const { Schema } = mongoose;

const optionSchema = new Schema({
  value: { type: String, required: true },
  label: { type: String, required: true },
  score: { type: Number, default: 0 },
}, { _id: false });

const questionSchema = new Schema({
  key: { type: String, required: true, unique: true, match: /^[a-z][a-z0-9_]*$/ },
  text: { type: String, required: true, maxlength: 500 },
  help: String,
  type: { type: String, enum: ['single', 'multiple', 'number', 'date', 'text', 'scale'], required: true },
  section: { type: String, enum: ['personal', 'education', 'work', 'language', 'finances', 'goals'], required: true },
  options: [optionSchema],
  order: { type: Number, required: true, min: 0 },
  weight: { type: Number, min: 0, max: 1, default: 0.5 },
  isActive: { type: Boolean, default: true },
}, { timestamps: true });
questionSchema.index({ section: 1, order: 1 });

const quizSessionSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  status: { type: String, enum: ['started', 'completed', 'abandoned'], default: 'started' },
  currentQuestion: { type: Schema.Types.ObjectId, ref: 'Question' },
  progress: { type: Number, min: 0, max: 100, default: 0 },
  startedAt: { type: Date, required: true },
  completedAt: Date,
}, { timestamps: true });
quizSessionSchema.index({ userId: 1, startedAt: -1 });

const responseSchema = new Schema({
  sessionId: { type: Schema.Types.ObjectId, ref: 'QuizSession', required: true },
  questionId: { type: Schema.Types.ObjectId, ref: 'Question', required: true },
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  answer: { type: Schema.Types.Mixed, required: true },
  confidence: { type: Number, min: 1, max: 5 },
  answeredAt: { type: Date, required: true },
}, { timestamps: true });
responseSchema.index({ sessionId: 1, questionId: 1 }, { unique: true });
responseSchema.index({ userId: 1 });

module.exports = {
  Question: mongoose.model('Question', questionSchema),
  QuizSession: mongoose.model('QuizSession', quizSessionSchema),
  Response: mongoose.model('Response', responseSchema),
};
