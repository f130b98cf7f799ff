// Migratio: the words that several schemas share.
const LANGUAGES = ['en', 'fr', 'de', 'es', 'pt', 'zh', 'hi', 'ar', 'no'];
const LANGUAGE_TESTS = ['IELTS', 'CELPIP', 'TEF', 'TCF', 'Goethe', 'TOEFL'];
const EDUCATION_LEVELS = ['secondary', 'diploma', 'bachelor', 'master', 'doctorate'];
const CURRENCIES = ['AUD', 'CAD', 'EUR', 'GBP', 'NOK', 'USD'];
const PROGRESS = Object.freeze({ TODO: 'todo', DOING: 'doing', BLOCKED: 'blocked', DONE: 'done' });

module.exports = { LANGUAGES, LANGUAGE_TESTS, EDUCATION_LEVELS, CURRENCIES, PROGRESS };
