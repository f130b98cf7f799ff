// Migratio, papers: what people hand in and what the product writes.
// mongodeck: database=migratio domain=Document
const mongoose = require('mongoose');
const { Schema } = mongoose;
const { LANGUAGES } = require('./constants');

const documentSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  typeId: { type: Schema.Types.ObjectId, ref: 'DocumentType', required: true },
  roadmapId: { type: Schema.Types.ObjectId, ref: 'Roadmap' },
  fileName: { type: String, required: true },
  mimeType: { type: String, required: true, match: /^[a-z]+\/[a-z0-9.+-]+$/ },
  sizeBytes: { type: BigInt, required: true },
  sha256: { type: Buffer },
  status: { type: String, enum: ['uploaded', 'verified', 'rejected', 'expired'], default: 'uploaded' },
  expiresAt: Date,
}, { timestamps: true });
documentSchema.index({ userId: 1, status: 1 });

const documentTypeSchema = new Schema({
  key: { type: String, required: true, unique: true },
  name: { type: String, required: true },
  category: { type: String, enum: ['identity', 'education', 'work', 'finances', 'health', 'language'], required: true },
  isRequired: { type: Boolean, default: false },
  validForMonths: { type: Number, min: 1 },
  acceptedMimeTypes: [String],
}, { timestamps: true });

const generatedPdfSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  templateId: { type: Schema.Types.ObjectId, ref: 'Template', required: true },
  token: { type: Schema.Types.UUID, required: true, unique: true },
  pages: { type: Schema.Types.Int32, min: 1, required: true },
  sizeBytes: { type: Number, min: 0 },
  generatedAt: { type: Date, required: true },
  expiresAt: Date,
}, { timestamps: true });
generatedPdfSchema.index({ userId: 1 });
generatedPdfSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

const templateSchema = new Schema({
  name: { type: String, required: true },
  language: { type: String, enum: LANGUAGES, default: 'en' },
  version: { type: Number, required: true, min: 1 },
  body: { type: String, required: true },
  placeholders: [String],
  isActive: { type: Boolean, default: true },
}, { timestamps: true });
templateSchema.index({ name: 1, language: 1, version: -1 }, { unique: true });

module.exports = {
  Document: mongoose.model('Document', documentSchema),
  DocumentType: mongoose.model('DocumentType', documentTypeSchema),
  GeneratedPDF: mongoose.model('GeneratedPDF', generatedPdfSchema),
  Template: mongoose.model('Template', templateSchema),
};
