'use strict';
// mongodeck: database=shop domain=Catalogue
const mongoose = require('mongoose');
const { Schema } = mongoose;
const { moneySchema } = require('../schemas/money');
const { LIMITS } = require('../constants');
const audit = require('../plugins/audit');

const variant = {
  sku: { type: String, required: true, match: [/^[A-Z]{3}-\d+$/, '{VALUE} is no SKU'] },
  price: { type: moneySchema, required: true },
  stock: { type: Schema.Types.Int32, min: 0 },
  attributes: { type: Map, of: String },
};

const productSchema = new Schema({
  title: { type: String, required: true, minlength: LIMITS.title.min, maxlength: LIMITS.title.max, trim: true },
  slug: { type: String, required: true, index: { unique: true, collation: { locale: 'en', strength: 2 } } },
  variants: [variant],
  tags: [{ type: String, lowercase: true }],
  matrix: [[Number]],
  related: [{ type: Schema.Types.ObjectId, ref: 'Product' }],
  rating: { type: Schema.Types.Double, min: 0, max: 5 },
  ...(process.env.WITH_SEO ? { seo: { title: String } } : {}),
}, { strict: 'throw', minimize: false, versionKey: 'revision' });

productSchema.add({ category: { type: Schema.Types.ObjectId, ref: 'Category' } });
productSchema.plugin(audit);
productSchema.index({ title: 'text', tags: 'text' }, { weights: { title: 5 }, name: 'search' });
productSchema.index({ slug: 1 }, { unique: true, partialFilterExpression: { deletedAt: null } });

module.exports = mongoose.model('Product', productSchema);
