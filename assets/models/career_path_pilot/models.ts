// Career Path Pilot: five collections in one database.
// mongodeck: database=career_dev domain=Career
import mongoose, { Schema, Types } from 'mongoose';

export const GOAL_TYPES = ['new-job', 'promotion', 'skill-development'] as const;
export const TIMEFRAMES = ['3-months', '6-months', '1-year'] as const;
export const INTENSITIES = ['low', 'moderate', 'high'] as const;

const userSchema = new Schema({
  name: { type: String, required: true },
  email: { type: String, required: true, unique: true },
  password: { type: String, required: true, select: false },
  currentTitle: { type: String },
  currentCompany: { type: String },
  goalType: { type: String, enum: GOAL_TYPES },
  timeframe: { type: String, enum: TIMEFRAMES },
  networkingIntensity: { type: String, enum: INTENSITIES },
  skills: [{ type: String }],
  preferences: {
    notifications: { type: Boolean, default: true },
    emailUpdates: { type: Boolean, default: true },
  },
}, { timestamps: true });

userSchema.index({ skills: 1 });
userSchema.index({ 'preferences.notifications': 1 });

const interviewSchema = new Schema({
  date: { type: Date, required: true },
  type: { type: String },
  notes: { type: String },
  status: { type: String },
}, { _id: false });

const applicationSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  jobId: { type: Schema.Types.ObjectId, required: true },
  status: {
    type: String,
    enum: ['toApply', 'applied', 'interviewing', 'offer', 'rejected'],
    default: 'toApply',
    required: true,
  },
  applicationDate: { type: Date },
  notes: { type: String },
  documents: {
    resumeUrl: { type: String, match: /^https?:\/\// },
    coverLetterUrl: { type: String, match: /^https?:\/\// },
  },
  interviews: [interviewSchema],
}, { timestamps: true });

applicationSchema.index({ userId: 1 });
applicationSchema.index({ jobId: 1 });
applicationSchema.index({ status: 1 });
applicationSchema.index({ applicationDate: 1 });

const followUpSchema = new Schema({
  type: { type: String },
  dueDate: { type: Date, required: true },
  notes: { type: String },
  completed: { type: Boolean, default: false },
}, { _id: false });

const connectionSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  contactId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  status: { type: String, enum: ['pending', 'accepted', 'rejected'], default: 'pending' },
  type: { type: String, enum: ['mentor', 'peer', 'professional'] },
  notes: { type: String },
  followUps: [followUpSchema],
}, { timestamps: true });

connectionSchema.index({ userId: 1 });
connectionSchema.index({ contactId: 1 });
connectionSchema.index({ status: 1 });
connectionSchema.index({ 'followUps.dueDate': 1 });

const developmentActivitySchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  type: { type: String, enum: ['course', 'certification', 'workshop', 'project'], required: true },
  title: { type: String, required: true },
  provider: { type: String },
  startDate: { type: Date },
  completionDate: { type: Date },
  status: { type: String, enum: ['planned', 'in-progress', 'completed'], default: 'planned' },
  skills: [{ type: String }],
  notes: { type: String },
  certificateUrl: { type: String, match: /^https?:\/\// },
}, { timestamps: true });

developmentActivitySchema.index({ userId: 1 });
developmentActivitySchema.index({ type: 1 });
developmentActivitySchema.index({ status: 1 });
developmentActivitySchema.index({ skills: 1 });

const messageSchema = new Schema({
  sender: { type: String, enum: ['user', 'assistant'], required: true },
  content: { type: String, required: true },
  timestamp: { type: Date, required: true },
}, { _id: false });

const conversationSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  messages: [messageSchema],
}, { timestamps: true });

conversationSchema.index({ userId: 1 });

export const User = mongoose.model('User', userSchema);
export const Application = mongoose.model('Application', applicationSchema);
export const Connection = mongoose.model('Connection', connectionSchema);
export const DevelopmentActivity = mongoose.model('DevelopmentActivity', developmentActivitySchema);
export const Conversation = mongoose.model('Conversation', conversationSchema);
export type UserId = Types.ObjectId;
