// mongodeck: database=shop domain=Catalogue
import { Schema, model } from 'mongoose';

const categorySchema = new Schema({ name: { type: String, required: true } });
categorySchema.add({ parent: { type: 'ObjectId', ref: 'Category' }, children: [categorySchema] });

export default model('Category', categorySchema);
