import type { Types } from 'mongoose';
import type { Currency } from '../constants';

export type Stars = 1 | 2 | 3 | 4 | 5;

// mongodeck: database=shop collection=reviews
export interface Review {
  _id: Types.ObjectId;
  product: Types.ObjectId;
  stars: Stars;
  title?: string;
  body: string | null;
  pros: string[];
  scores: Record<string, number>;
  paid?: { amount: number; currency: Currency };
  readonly createdAt: Date;
}
