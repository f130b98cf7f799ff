export { Account } from './account';
export { default as Category } from './category';
export * from './order';
export { Event } from './event';
