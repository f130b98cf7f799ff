/**
 * Contents of each kind with their views.
 * @name astro-content-by-kind
 * @database corp_astro
 * @chart bar
 * @param {draft|review|published|archived} status = published - in this state
 */
db.contents.aggregate([
  { $match: { status: params.status } },
  { $group: { _id: "$kind", contents: { $sum: 1 }, views: { $sum: "$views" } } },
  { $sort: { views: -1 } }
])
