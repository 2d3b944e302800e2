/** What the operator did to an object: notes of the event `Reconciled`. */
export const NOTES = {
  created: (kind: string, name: string) => `created the ${kind} ${name}`,
  updated: (kind: string, name: string) => `updated the ${kind} ${name}`,
  reverted: (kind: string, name: string) => `reverted changes to the ${kind} ${name}`,
  recreated: (kind: string, name: string) =>
    `deleted the ${kind} ${name} without its pods, to create it again: a changed field cannot be updated`,
  deleted: (kind: string, name: string) => `deleted the ${kind} ${name}: the operator no longer runs the server`,
};
