import type { Schema } from 'mongoose';

export function paginate(schema: Schema): void {
  schema.statics.page = async function (filter: unknown, page = 1, size = 20) {
    return this.find(filter).skip((page - 1) * size).limit(size);
  };
}
