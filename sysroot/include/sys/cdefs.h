/* SPDX-License-Identifier: Apache-2.0 */
/* Declaration brackets shared by the public headers. */
#pragma once

#ifdef __cplusplus
#define __BEGIN_DECLS extern "C" {
#define __END_DECLS   }
#else
#define __BEGIN_DECLS
#define __END_DECLS
#endif
