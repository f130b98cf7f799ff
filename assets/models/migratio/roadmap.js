// Migratio, one person's way to one program.
// mongodeck: database=migratio domain=Roadmap
const mongoose = require('mongoose');
const { Schema } = mongoose;
const { PROGRESS } = require('./constants');

const roadmapSchema = new Schema({
  userId: { type: Schema.Types.ObjectId, ref: 'User', required: true },
  programId: { type: Schema.Types.ObjectId, ref: 'Program', required: true },
  title: { type: String, required: true },
  status: { type: String, enum: ['draft', 'active', 'completed', 'archived'], default: 'draft' },
  progress: { type: Number, min: 0, max: 100, default: 0 },
  targetDate: Date,
}, { timestamps: true });
roadmapSchema.index({ userId: 1, status: 1 });

const timelineSchema = new Schema({
  roadmapId: { type: Schema.Types.ObjectId, ref: 'Roadmap', required: true, unique: true },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  phases: [{
    name: { type: String, required: true },
    startsAt: { type: Date, required: true },
    endsAt: { type: Date, required: true },
    _id: false,
  }],
}, { timestamps: true });

const taskSchema = new Schema({
  roadmapId: { type: Schema.Types.ObjectId, ref: 'Roadmap', required: true },
  milestoneId: { type: Schema.Types.ObjectId, ref: 'Milestone' },
  title: { type: String, required: true },
  description: String,
  status: { type: String, enum: Object.values(PROGRESS), default: PROGRESS.TODO },
  priority: { type: Number, enum: [1, 2, 3], default: 2 },
  dependsOn: [{ type: Schema.Types.ObjectId, ref: 'Task' }],
  dueAt: Date,
  completedAt: Date,
}, { timestamps: true });
taskSchema.index({ roadmapId: 1, status: 1 });
taskSchema.index({ dueAt: 1 }, { partialFilterExpression: { status: 'todo' } });

const milestoneSchema = new Schema({
  roadmapId: { type: Schema.Types.ObjectId, ref: 'Roadmap', required: true },
  title: { type: String, required: true },
  order: { type: Number, required: true, min: 0 },
  status: { type: String, enum: Object.values(PROGRESS), default: PROGRESS.TODO },
  reachedAt: Date,
}, { timestamps: true });
milestoneSchema.index({ roadmapId: 1, order: 1 });

module.exports = {
  Roadmap: mongoose.model('Roadmap', roadmapSchema),
  Timeline: mongoose.model('Timeline', timelineSchema),
  Task: mongoose.model('Task', taskSchema),
  Milestone: mongoose.model('Milestone', milestoneSchema),
};
