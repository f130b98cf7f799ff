const MB = 1024 * 1024;

const LIMITS = {
  title: { min: 3, max: 120 },
  attachment: 5 * MB,
  retention: 60 * 60 * 24 * 30,
};

export default LIMITS;
