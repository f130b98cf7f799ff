// Adds who changed a document and when it was taken away.
module.exports = function audit(schema, options) {
  schema.add({
    changedBy: { type: 'ObjectId', ref: 'Account' },
    deletedAt: { type: Date, default: null },
  });
  schema.index({ deletedAt: 1 }, { sparse: true });
  schema.pre('save', function (next) {
    if (!this.isNew) this.changedAt = new Date();
    next();
  });
  schema.methods.remove = async function () {
    this.deletedAt = new Date();
    return this.save();
  };
};
