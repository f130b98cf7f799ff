/**
 * Users with a skill, newest first.
 * @name career-users-with-skill
 * @database career_dev
 * @param {string} skill - exactly as it is stored
 * @param {new-job|promotion|skill-development} goal = null - only with this goal
 * @param {number} most = 50 - at the most so many
 */
db.users.find({
  skills: params.skill,
  ...(params.goal === null ? {} : { goalType: params.goal })
}, { name: 1, currentTitle: 1, goalType: 1, skills: 1 }).sort({ createdAt: -1 }).limit(params.most)
