/**
 * Users of each status and role.
 * @name migratio-users-by-status
 * @database migratio
 * @chart bar
 */
db.users.aggregate([
  { $group: { _id: { status: "$status", role: "$role" }, users: { $sum: 1 } } },
  { $sort: { users: -1 } }
])
