/**
 * The authors whose published contents are read most.
 * @name astro-top-authors
 * @database corp_astro
 * @param {number} most = 10 - so many of them
 */
db.contents.aggregate([
  { $match: { status: "published" } },
  { $group: { _id: "$author", contents: { $sum: 1 }, views: { $sum: "$views" } } },
  { $sort: { views: -1 } },
  { $limit: params.most },
  { $lookup: { from: "users", localField: "_id", foreignField: "_id", as: "author" } },
  { $project: { author: { $first: "$author.email" }, contents: 1, views: 1, _id: 0 } }
])
