/**
 * How many days a roadmap takes from its start to its end, on average.
 * @name nexstep-completion-time
 * @database nexstep
 */
// Average time to complete roadmaps
db.userprogresses.aggregate([
  {
    $match: { status: "completed" }
  },
  {
    $group: {
      _id: null,
      avgTime: {
        $avg: {
          $divide: [
            { $subtract: ["$completedAt", "$startedAt"] },
            1000 * 60 * 60 * 24 // Convert to days
          ]
        }
      }
    }
  }
])
