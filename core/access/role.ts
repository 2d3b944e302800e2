import { z } from 'zod';

/** The name of a role, in tokens and in documents. */
export const roleName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'must be the name of a role: letters, digits and . _ : / -');
