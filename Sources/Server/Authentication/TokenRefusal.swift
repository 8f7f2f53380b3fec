// SPDX-License-Identifier: Apache-2.0

/// Why a caller is not let in. It is for the operator's log and the metrics: the answer is a bare 401 in every case
/// (cds-hooks 2.0, security: "no details").
package enum TokenRefusal: String, Error, Sendable, Hashable, CaseIterable {
  /// There is no bearer token.
  case absent
  /// It is no JSON Web Signature in compact form, or its parts are not what RFC 7515 and RFC 7519 say.
  case malformed
  /// Its algorithm is not ES384 or RS384.
  case algorithm
  /// A claim that every token must have is missing or is not usable.
  case claims
  /// Its issuer is not a client of this service.
  case issuer
  /// It is meant for another address.
  case audience
  /// Its time is over.
  case expired
  /// Its time has not come, or it says it was made in the future.
  case notYetValid
  /// It is good for longer than is accepted.
  case lifetime
  /// Its tenant is not one of this client's.
  case tenant
  /// It names a key set that is not this client's.
  case keySet
  /// The client's key set has no usable key of this name.
  case key
  /// The client's key set cannot be had.
  case keySetUnavailable
  /// The key did not make this signature.
  case signature
  /// It was shown before.
  case replayed
  /// More tokens are remembered than there is room for.
  case tooManyTokens
  /// The connection's certificate is not one of this client's, or the client has to have one.
  case certificate
}
