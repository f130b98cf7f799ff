/**
 * Job applications of each status, since a day.
 * @name career-applications-by-status
 * @database career_dev
 * @chart bar
 * @param {date} since = 2020-01-01 - applications made from this day on
 */
db.applications.aggregate([
  { $match: { createdAt: { $gte: params.since } } },
  { $group: { _id: "$status", applications: { $sum: 1 }, interviews: { $sum: { $size: "$interviews" } } } },
  { $sort: { applications: -1, _id: 1 } }
])
