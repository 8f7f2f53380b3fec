// SPDX-License-Identifier: Apache-2.0
import CDSHooks

/// A request text with parts that a test replaces.
func requestText(
  hook: String = #""patient-view""#, instance: String = #""d1577c69-dfbe-44ad-ba6d-3e05e953b2ea""#,
  context: String = #"{"userId":"Practitioner/p1","patientId":"123"}"#, more: String = ""
) -> [UInt8] {
  Array(#"{"hook":\#(hook),"hookInstance":\#(instance),"context":\#(context)\#(more.isEmpty ? "" : ",")\#(more)}"#.utf8)
}

/// The code of the error that reading throws, or nil when it succeeds.
func errorCode(_ bytes: [UInt8], _ reading: HookRequest.Reading = .tolerant) -> CDSHooksError.Code? {
  do {
    _ = try HookRequest(bytes, reading: reading)
    return nil
  } catch {
    return error.code
  }
}
