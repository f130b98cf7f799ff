import { Schema, Types } from 'mongoose';
import { CURRENCIES, type Currency } from '../constants';

export interface Money {
  amount: Types.Decimal128;
  currency: Currency;
}

export const moneySchema = new Schema<Money>(
  {
    amount: { type: Schema.Types.Decimal128, required: true },
    currency: { type: String, enum: CURRENCIES, default: 'EUR', uppercase: true },
  },
  { _id: false },
);
