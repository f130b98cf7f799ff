/**
 * Goals of each category, and how many of them somebody has completed.
 * @name nexstep-goal-completion
 * @database nexstep
 * @chart bar
 */
// Goal completion rates by category
db.goals.aggregate([
  {
    $lookup: {
      from: "userprogresses",
      localField: "_id",
      foreignField: "goalId",
      as: "progress"
    }
  },
  {
    $group: {
      _id: "$category",
      total: { $sum: 1 },
      completed: {
        $sum: {
          $cond: [
            { $in: ["completed", "$progress.status"] },
            1,
            0
          ]
        }
      }
    }
  }
])
