const mongoose = require('mongoose');

const pointSchema = new mongoose.Schema({
  type: { type: String, enum: ['Point'], default: 'Point' },
  coordinates: { type: [Number], required: true },
}, { _id: false });

const addressSchema = new mongoose.Schema(
  {
    line1: { type: String, required: [true, 'where should it go?'], trim: true, maxlength: 200 },
    line2: String,
    zip: { type: String, match: /^[0-9A-Z -]{3,10}$/i },
    country: { type: String, minLength: 2, maxLength: 2, uppercase: true, required: true },
    location: { type: pointSchema, index: '2dsphere' },
  },
  { _id: false, timestamps: false },
);

addressSchema.virtual('label').get(function () {
  return `${this.line1}, ${this.zip}`;
});

module.exports = addressSchema;
module.exports.addressSchema = addressSchema;
