/**
 * Accounts of each status, and how many of them are verified.
 * @name datenight-accounts-by-status
 * @database datenight
 * @chart bar
 */
db.users.aggregate([
  { $group: { _id: "$status", accounts: { $sum: 1 }, verified: { $sum: { $cond: ["$verified", 1, 0] } } } },
  { $sort: { accounts: -1 } }
])
