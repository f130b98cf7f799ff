// NexStepAI: six collections.
// mongodeck: database=nexstep domain=Learning
const mongoose = require('mongoose');
const { Schema } = mongoose;
const { ObjectId } = Schema.Types;

const DIFFICULTIES = ['Beginner', 'Intermediate', 'Advanced'];
const ACTIVITY_TYPES = [
  'goal_created', 'goal_completed', 'roadmap_started', 'roadmap_completed',
  'step_completed', 'resource_accessed', 'skill_acquired', 'milestone_reached',
];
const DURATION = /^\d+(-\d+)? (day|week|month)s?$/;

// mongodeck: database=nexstep domain=Users
const userSchema = new Schema({
  name: { type: String, required: true, trim: true },
  email: { type: String, required: true, unique: true, lowercase: true, trim: true },
  password: { type: String, required: true, select: false },
  role: { type: String, enum: ['user', 'admin'], default: 'user' },
  status: { type: String, enum: ['active', 'inactive', 'suspended'], default: 'active' },
  lastLoginAt: Date,
  preferences: {
    notifications: { type: Boolean, default: true },
    theme: { type: String, default: 'light' },
    language: { type: String, default: 'en' },
  },
}, { timestamps: true });
userSchema.index({ status: 1 });
userSchema.index({ role: 1 });
userSchema.index({ createdAt: 1 });

const User = mongoose.model('User', userSchema);

// mongodeck: database=nexstep domain=Learning
const goalSchema = new Schema({
  title: { type: String, required: true },
  description: String,
  category: { type: String, required: true },
  difficulty: { type: String, enum: DIFFICULTIES, default: 'Beginner' },
  estimatedTime: { type: Number, min: 0 },
  skills: [String],
  prerequisites: [{ type: ObjectId, ref: 'Goal' }],
  isActive: { type: Boolean, default: true },
  createdBy: { type: ObjectId, ref: 'User' },
}, { timestamps: true });
goalSchema.index({ category: 1 });
goalSchema.index({ difficulty: 1 });
goalSchema.index({ isActive: 1 });
goalSchema.index({ createdAt: 1 });

const Goal = mongoose.model('Goal', goalSchema);

const stepSchema = new Schema({
  title: { type: String, required: true },
  description: String,
  order: { type: Number, required: true, min: 0 },
  duration: { type: String, match: DURATION },
  resources: [{ type: ObjectId, ref: 'Resource' }],
  skills: [String],
  completed: { type: Boolean, default: false },
  completedAt: Date,
  weeklyHours: { type: Number, min: 0 },
  estimatedHours: { type: Number, min: 0 },
  estimatedHoursMin: { type: Number, min: 0 },
  estimatedHoursMax: { type: Number, min: 0 },
});

const roadmapSchema = new Schema({
  title: { type: String, required: true },
  description: String,
  goalId: { type: ObjectId, ref: 'Goal', required: true },
  category: String,
  difficulty: { type: String, enum: DIFFICULTIES },
  estimatedDuration: { type: String, match: DURATION },
  timeAvailabilityHoursPerWeek: { type: Number, min: 0, max: 168 },
  steps: [stepSchema],
  tags: [String],
  isPublished: { type: Boolean, default: false },
  createdBy: { type: ObjectId, ref: 'User' },
}, { timestamps: true });
roadmapSchema.index({ goalId: 1 });
roadmapSchema.index({ category: 1 });
roadmapSchema.index({ difficulty: 1 });
roadmapSchema.index({ isPublished: 1 });
roadmapSchema.index({ createdAt: 1 });

const Roadmap = mongoose.model('Roadmap', roadmapSchema);

const resourceSchema = new Schema({
  title: { type: String, required: true },
  description: String,
  type: { type: String, enum: ['article', 'video', 'course', 'book', 'tutorial'], required: true },
  url: { type: String, required: true, match: /^https?:\/\// },
  category: String,
  difficulty: { type: String, enum: DIFFICULTIES },
  estimatedTime: { type: Number, min: 0 },
  rating: {
    average: { type: Number, min: 1, max: 5 },
    count: { type: Number, min: 0, default: 0 },
  },
  tags: [String],
  isActive: { type: Boolean, default: true },
  createdBy: { type: ObjectId, ref: 'User' },
}, { timestamps: true });
resourceSchema.index({ type: 1 });
resourceSchema.index({ category: 1 });
resourceSchema.index({ difficulty: 1 });
resourceSchema.index({ isActive: 1 });
resourceSchema.index({ 'rating.average': 1 });
resourceSchema.index({ createdAt: 1 });

const Resource = mongoose.model('Resource', resourceSchema);

// mongodeck: database=nexstep domain=Analytics
const activitySchema = new Schema({
  userId: { type: ObjectId, ref: 'User', required: true },
  type: { type: String, enum: ACTIVITY_TYPES, required: true },
  description: String,
  metadata: {
    goalId: { type: ObjectId, ref: 'Goal' },
    roadmapId: { type: ObjectId, ref: 'Roadmap' },
    stepId: ObjectId,
    resourceId: { type: ObjectId, ref: 'Resource' },
    progress: { type: Number, min: 0, max: 100 },
    timeSpent: { type: Number, min: 0 },
    additionalData: Schema.Types.Mixed,
  },
  isPublic: { type: Boolean, default: false },
}, { timestamps: { createdAt: true, updatedAt: false } });
activitySchema.index({ userId: 1 });
activitySchema.index({ type: 1 });
activitySchema.index({ createdAt: 1 });
activitySchema.index({ isPublic: 1 });
activitySchema.index({ 'metadata.goalId': 1 });
activitySchema.index({ 'metadata.roadmapId': 1 });

const Activity = mongoose.model('Activity', activitySchema);

const stepProgressSchema = new Schema({
  stepId: { type: ObjectId, required: true },
  status: { type: String, enum: ['not_started', 'in_progress', 'completed'], default: 'not_started' },
  progress: { type: Number, min: 0, max: 100, default: 0 },
  timeSpent: { type: Number, min: 0, default: 0 },
  startedAt: Date,
  completedAt: Date,
}, { _id: false });

const userProgressSchema = new Schema({
  userId: { type: ObjectId, ref: 'User', required: true },
  roadmapId: { type: ObjectId, ref: 'Roadmap', required: true },
  goalId: { type: ObjectId, ref: 'Goal', required: true },
  status: { type: String, enum: ['not_started', 'in_progress', 'completed', 'paused'], default: 'not_started' },
  progress: { type: Number, min: 0, max: 100, default: 0 },
  startedAt: Date,
  completedAt: Date,
  lastAccessedAt: Date,
  stepProgress: [stepProgressSchema],
  totalTimeSpent: { type: Number, min: 0, default: 0 },
}, { timestamps: true });
userProgressSchema.index({ userId: 1 });
userProgressSchema.index({ roadmapId: 1 });
userProgressSchema.index({ goalId: 1 });
userProgressSchema.index({ status: 1 });
userProgressSchema.index({ progress: 1 });
userProgressSchema.index({ lastAccessedAt: 1 });

const UserProgress = mongoose.model('UserProgress', userProgressSchema);

module.exports = { User, Goal, Roadmap, Resource, Activity, UserProgress };
