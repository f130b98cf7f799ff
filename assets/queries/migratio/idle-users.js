/**
 * Active users who have not been here for a while.
 * @name migratio-idle-users
 * @database migratio
 * @param {duration} idle = 30d - for at least so long
 * @param {number} most = 50 - at the most so many
 */
db.users.find({
  status: "active",
  lastLoginAt: { $lt: new Date(Date.now() - params.idle) }
}, { email: 1, lastLoginAt: 1, locale: 1 }).sort({ lastLoginAt: 1 }).limit(params.most)
