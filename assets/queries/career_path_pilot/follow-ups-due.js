/**
 * Follow-ups that are not done, by the day they are due.
 * @name career-follow-ups-due
 * @database career_dev
 * @param {date} until = now - due until this time
 * @param {number} most = 100 - at the most so many
 */
db.connections.aggregate([
  { $unwind: "$followUps" },
  { $match: { "followUps.completed": false, "followUps.dueDate": { $lte: params.until } } },
  { $sort: { "followUps.dueDate": 1 } },
  { $limit: params.most },
  { $project: { userId: 1, contactId: 1, type: "$followUps.type", due: "$followUps.dueDate", notes: "$followUps.notes" } }
])
