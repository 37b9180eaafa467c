/** A session that has a new token after a refresh. The page can also replace it. */
export const session = {
  number: 1,
  accessToken: () => `token-${session.number}`,
  refresh: () => {
    session.number += 1;
  },
};
