/**
 * How often an event happened, day by day.
 * @name datenight-events-by-day
 * @database datenight_analytics
 * @chart line
 * @param {view|click|like|match|message|purchase} event = view - which event
 * @param {duration} window = 3650d - so far back
 */
db.analytics.aggregate([
  { $match: { event: params.event, occurredAt: { $gte: new Date(Date.now() - params.window) } } },
  { $group: { _id: { $dateTrunc: { date: "$occurredAt", unit: "day" } }, events: { $sum: 1 } } },
  { $sort: { _id: 1 } }
])
