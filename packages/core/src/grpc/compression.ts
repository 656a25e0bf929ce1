/** Messages of fewer bytes are sent as they are: what gzip adds and what it costs is more than it saves. */
export const compressFromBytes = 1024;
