import { z } from 'zod';

/** Name of an object in a Kubernetes cluster (RFC 1123 subdomain). */
export const objectName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'must be the name of an object: a-z, 0-9, - and ., with a letter or digit at both ends',
  );

/** Reference to a key of a Secret in the namespace of the backend. */
export const secretKey = z.strictObject({
  name: objectName,
  key: z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must be a key of a Secret: letters, digits and - _ .'),
});

/** Reference to a key of a Secret. */
export type SecretKey = z.output<typeof secretKey>;
