// SPDX-License-Identifier: Apache-2.0

/// Keys and tokens made once by another implementation (Python's `cryptography` over OpenSSL), so that signing and verifying
/// cannot be wrong in the same way.
enum FixedVector {
  static let keySet =
    #"""
    {"keys":[{"kty":"EC","crv":"P-384","kid":"curve","x":"qYWXRd3s2ICI0ibK7GYOrsMTHvCu1kRXiGL_lPAPT-BGGGJYOvq3TJBw\#
    0yqCWc2m","y":"F58Lc3UuOiNgLHgbkTtfMYFlGeExtXJctZO4nd3pOBTYSA7ezvOxiZQiSoFKyBDM"},{"kty":"RSA","kid":"rsa","us\#
    e":"sig","alg":"RS384","n":"uK5vO7V30WkqGE80176Dc-MWWmuMieDqK_W9SeAI1MFz_b_My7IGDsGzeXtbayYjSUtV3lQjkrhJPXv14F\#
    _DU4yPUnR812xbUWrnjOxG_VAvX7NCFjspFi35kJUsDAUxdSQpfaahMli3l5wtAtuheyAotDkl0ElojkNNKrT32kXgeZf2jjT4hco6_o2EdUp2\#
    az3Z1WhFnkCUmC2JRU1WK9pxeiwJULv0_ipMQ1PRiK7_JofpdzBX5YgS_tPQ4N4-WeFa0stz_fgzYlF8-IT272bYqrrPU3wPtY8p38E3h_oe9o\#
    GeH6fLH1ly4r9pgqEe8shoLhlD6PBDkkSTuL2gpCC7PIg6BcL8XnhlCGKYESq2uihaOQFvjebf0tsQUX0SnkoLR9FBbjaguwuu4jy-7nzYO-_Z\#
    MEibVy_VZrQCMNxtO5B_-HFXwYEH0nwyA0VAFbKPZ5lPvdfwNhtP8O44PDsveqDAXq5wvxBXWWZHnfwSHFzDInYRFE0VM4Z9Q4nt","e":"AQA\#
    B"}]}
    """#

  static let tokens = [
    #"""
    eyJhbGciOiAiRVMzODQiLCAidHlwIjogIkpXVCIsICJraWQiOiAiY3VydmUifQ.eyJpc3MiOiAiaHR0cHM6Ly9laHIuZXhhbXBsZS5vcmciLCA\#
    ianRpIjogIjEifQ.Fm_GcX_YYAyyMF07VuU3eUSz0vxmWCwRyDpwQFaegV-V7Qka8t6u8yA0s1fGTtCQkgE7P7hEx6JKSYCgo75vT_zslh7rKK\#
    irVJwid2Es35s5CideioHWhVg64cpx1Iue
    """#,
    #"""
    eyJhbGciOiAiUlMzODQiLCAidHlwIjogIkpXVCIsICJraWQiOiAicnNhIn0.eyJpc3MiOiAiaHR0cHM6Ly9laHIuZXhhbXBsZS5vcmciLCAian\#
    RpIjogIjEifQ.s13lYD1sl18SPRy2ZazMQqkA5pu5aX14DF0_qidxg7Vh8nTj7AW079-Pn2m_C5KffDZ97YbZS1ALhiusrfGvWF59fCLEgLgOi\#
    TScbwDDLed0Sg5amq3UbrYaJXAbWuqe_WMhTOHzPvz3bzwP20BZ4h8yZJIZ1Ai4F9gXI3s-P3JQCA2ibDxI7Y6v-YHWteHcMDjWchmYvWntc4-\#
    tipKR9er7b0EpWmTBZbSExLV6ktjluo5L3x304oLCDf1VuruV2PyPfHiUVZ72h1opIIVHnWbPIRBM5vaFhMHCiZPjXjSLKfRvv28fUbmnrry24\#
    oK6siMqd6CFejCoO6KoDjFS0OsK525giV2hx42Z8UXIUFKLjZzIsxgau2zkGryWAkVak8WLtuOZOm9Mu-wDfNkCMwlVAdImOS2XYMANXvxlnFj\#
    47Ui6r4DT_aJOqI93VUNpxKzrzfdapzCwa2kZIgY4dsR7zgGV7P95s4uTLgizbUFb-cTqzjpYecpXEZTmx37J
    """#,
  ]
}
