/**
 * Users who signed up, month by month.
 * @name nexstep-user-growth
 * @database nexstep
 * @chart line
 */
// Monthly user growth
db.users.aggregate([
  {
    $group: {
      _id: {
        year: { $year: "$createdAt" },
        month: { $month: "$createdAt" }
      },
      count: { $sum: 1 }
    }
  },
  { $sort: { "_id.year": 1, "_id.month": 1 } }
])
