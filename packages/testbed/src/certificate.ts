// For localhost and 127.0.0.1, signed by itself, good for a hundred years and for nothing but tests.

/** The private key of `testCertificate`. */
export const testKey: string = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFMptorw3LiZAmtdH
t3kh4gCExjXXZv6C8vhzE6HRC7ChRANCAARhmHC/fAeLuw9OuTKPJP28Jeed2wuv
yTEOW1gx5b+UHn+2NXCdbAMsRja+cOCIPAKNdZol9d5LQZHn06L3lyEr
-----END PRIVATE KEY-----
`;

/** A certificate for localhost and 127.0.0.1, its own authority. */
export const testCertificate: string = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUQNg1E3b92RUDZmJgphTzRo1VFI4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5MjgzM1oYDzIxMjYxMDI4
MDkyODMzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARhmHC/fAeLuw9OuTKPJP28Jeed2wuvyTEOW1gx5b+UHn+2NXCdbAMs
Rja+cOCIPAKNdZol9d5LQZHn06L3lyEro28wbTAdBgNVHQ4EFgQU1VsZr5OKo51M
F3EjCRVnpujGfNAwHwYDVR0jBBgwFoAU1VsZr5OKo51MF3EjCRVnpujGfNAwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAKjeWctDZE0tViEliZo2S4SQxS0rUoEhnk7QqBjDyZtpAiEA
3S5yxvbAE9oom4VXWzhb7hYQ8YdMFPDYYQ3O1duRYsw=
-----END CERTIFICATE-----
`;
