export enum OrderStatus {
  Open = 'open',
  Paid = 'paid',
  Shipped = 'shipped',
  Returned = 'returned',
}

export enum Priority {
  Low,
  Normal,
  High = 10,
  Urgent,
}

export const CURRENCIES = ['EUR', 'USD', 'NOK'] as const;
export type Currency = (typeof CURRENCIES)[number];

export const CHANNELS = {
  web: 'web',
  app: 'app',
  phone: 'phone',
} as const satisfies Record<string, string>;
