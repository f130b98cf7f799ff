/**
 * The 95th percentile of latency of each service: the mean and the worst.
 * @name datenight-latency
 * @database datenight_analytics
 * @chart bar
 * @param {date} since = 2020-01-01 - measured from this time on
 * @param {string[]} services = api,chat,matcher,payments,uploads - only these
 */
db.metrics.aggregate([
  { $match: { name: "latency_p95", at: { $gte: params.since }, "labels.service": { $in: params.services } } },
  { $group: { _id: "$labels.service", mean: { $avg: "$value" }, worst: { $max: "$value" } } },
  { $sort: { worst: -1 } }
])
