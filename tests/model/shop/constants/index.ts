export * from './statuses';
export { default as LIMITS } from './limits';
