import { BlockList, isIP } from 'node:net';

const LOCAL = new BlockList();
// Loopback and unspecified addresses, link-local ones (RFC 3927, RFC 4291), and other metadata services of clouds.
LOCAL.addSubnet('0.0.0.0', 8);
LOCAL.addSubnet('127.0.0.0', 8);
LOCAL.addSubnet('169.254.0.0', 16);
LOCAL.addAddress('100.100.100.200');
LOCAL.addAddress('168.63.129.16');
LOCAL.addAddress('::', 'ipv6');
LOCAL.addAddress('::1', 'ipv6');
LOCAL.addSubnet('fe80::', 10, 'ipv6');
LOCAL.addAddress('fd00:ec2::254', 'ipv6');

/** Whether an IP address belongs to the machine itself, or to services that trust it, such as the metadata service of a cloud. */
export function isLocalAddress(address: string): boolean {
  return LOCAL.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
