/** Who raised the errors that begin in the gateway itself: the name it is registered under. */
export const gatewayId = "go.micro.api";
