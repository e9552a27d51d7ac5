// SPDX-License-Identifier: MIT
/*
 * Sixteen bytes at a time, by SSE2 (part of x86-64) or NEON (part of arm64): the dozen operations
 * the rows of rx_row.h and tx_row.h are made of. A machine with neither has IXL_VEC undefined, and
 * so have builds under ThreadSanitizer, which does not see what intrinsics read.
 */
#ifndef IXL_INTEL_VEC_H
#define IXL_INTEL_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IXL_NO_VEC 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#define IXL_NO_VEC 1
#endif

#define VEC static inline __attribute__((always_inline))

/* A line each: */
/* clang-format off */

#if defined(__x86_64__) && defined(__LP64__) && !defined(IXL_NO_VEC)
#include <emmintrin.h>
#define IXL_VEC "sse2"
typedef __m128i vec;
#ifndef __OPTIMIZE__
#pragma GCC diagnostic ignored "-Wsign-conversion" /* some intrinsics are macros then, and warn */
#endif

/* Aligned, and not. */
VEC vec v_load(const void *from) { return _mm_load_si128(from); }
VEC vec v_loadu(const void *from) { return _mm_loadu_si128(from); }
VEC void v_store(void *to, vec a) { _mm_store_si128(to, a); }
VEC void v_storeu(void *to, vec a) { _mm_storeu_si128(to, a); }

/* From two places, 64 bits each. As floating-point numbers, because that is the only way to make
 * compilers load them straight into a vector. */
typedef double v_half __attribute__((may_alias));
VEC vec v_load_halves(const void *lo, const void *hi)
{
    return _mm_castpd_si128(_mm_setr_pd(*(const v_half *)lo, *(const v_half *)hi));
}

/* The low 64 bits once more, after a barrier: one 16-byte load was one access (ASSUME_LOAD16). */
VEC vec v_again(vec a, const void *from) { (void)from; return a; }

VEC vec v_all32(uint32_t n) { return _mm_set1_epi32((int)n); }
VEC vec v_all64(uint64_t n) { return _mm_set1_epi64x((long long)n); }
VEC vec v_pair(uint64_t lo, uint64_t hi) { return _mm_set_epi64x((long long)hi, (long long)lo); }

/* Two sizes, one in each half. */
VEC vec v_sizes(uint16_t a, uint16_t b) { return _mm_insert_epi16(_mm_cvtsi32_si128(a), b, 4); }

VEC vec v_and(vec a, vec b) { return _mm_and_si128(a, b); }
VEC vec v_or(vec a, vec b) { return _mm_or_si128(a, b); }
VEC vec v_xor(vec a, vec b) { return _mm_xor_si128(a, b); }
VEC vec v_add64(vec a, vec b) { return _mm_add_epi64(a, b); }
VEC vec v_add16(vec a, vec b) { return _mm_add_epi16(a, b); }
VEC vec v_minus16(vec a, vec b) { return _mm_subs_epu16(a, b); } /* not below 0 */
VEC vec v_max16(vec a, vec b) { return _mm_max_epi16(a, b); } /* signed */
VEC vec v_min16(vec a, vec b) { return _mm_min_epi16(a, b); }
VEC vec v_same32(vec a, vec b) { return _mm_cmpeq_epi32(a, b); }
VEC vec v_more16(vec a, vec b) { return _mm_cmpgt_epi16(a, b); } /* signed */
VEC vec v_shl32(vec a, int n) { return _mm_slli_epi32(a, n); }
VEC vec v_shr64(vec a, int n) { return _mm_srli_epi64(a, n); }
VEC vec v_shl64(vec a, int n) { return _mm_slli_epi64(a, n); }

/* The lower, the upper halves of a and b, interleaved by 32 or 64 bits. */
VEC vec v_low32(vec a, vec b) { return _mm_unpacklo_epi32(a, b); }
VEC vec v_high32(vec a, vec b) { return _mm_unpackhi_epi32(a, b); }
VEC vec v_low64(vec a, vec b) { return _mm_unpacklo_epi64(a, b); }
VEC vec v_high64(vec a, vec b) { return _mm_unpackhi_epi64(a, b); }

VEC bool v_is_ones(vec a) { return _mm_movemask_epi8(a) == 0xffff; } /* of a comparison */

/* Thirty-two bytes, for way_avx2.c. */
#define IXL_HAVE_WIDE 1
#ifdef IXL_WAY_WIDE
#include <immintrin.h>
VEC __attribute__((target("avx2"))) bool v_is_zero(vec a) { return _mm_testz_si128(a, a); }
#define WIDE VEC __attribute__((target("avx2")))
WIDE __m256i w_loadu(const void *from) { return _mm256_loadu_si256(from); }
WIDE void w_storeu(void *to, __m256i a) { _mm256_storeu_si256(to, a); }
#else
VEC bool v_is_zero(vec a) { return v_is_ones(_mm_cmpeq_epi8(a, _mm_setzero_si128())); }
#endif

#elif defined(__AARCH64EL__) && defined(__LP64__) && !defined(IXL_NO_VEC)
#include <arm_neon.h>
#define IXL_VEC "neon"
typedef uint32x4_t vec;

VEC uint16x8_t v_to16(vec a) { return vreinterpretq_u16_u32(a); }
VEC int16x8_t v_tos16(vec a) { return vreinterpretq_s16_u32(a); }
VEC uint64x2_t v_to64(vec a) { return vreinterpretq_u64_u32(a); }
VEC vec v_of16(uint16x8_t a) { return vreinterpretq_u32_u16(a); }
VEC vec v_of64(uint64x2_t a) { return vreinterpretq_u32_u64(a); }

VEC vec v_load(const void *from) { return vld1q_u32(from); }
VEC vec v_loadu(const void *from) { return v_of16(vld1q_u16(from)); }
VEC void v_store(void *to, vec a) { vst1q_u32(to, a); }
VEC void v_storeu(void *to, vec a) { vst1q_u16(to, v_to16(a)); }

VEC vec v_load_halves(const void *lo, const void *hi)
{
    return v_of64(vcombine_u64(vld1_u64(lo), vld1_u64(hi)));
}

/* The two halves of a 16-byte load are two accesses in any order. */
VEC vec v_again(vec a, const void *from) { return v_of64(vld1q_lane_u64(from, v_to64(a), 0)); }

VEC vec v_all32(uint32_t n) { return vdupq_n_u32(n); }
VEC vec v_all64(uint64_t n) { return v_of64(vdupq_n_u64(n)); }
VEC vec v_pair(uint64_t lo, uint64_t hi)
{
    return v_of64(vcombine_u64(vcreate_u64(lo), vcreate_u64(hi)));
}

VEC vec v_sizes(uint16_t a, uint16_t b) { return v_pair(a, b); }

VEC vec v_and(vec a, vec b) { return vandq_u32(a, b); }
VEC vec v_or(vec a, vec b) { return vorrq_u32(a, b); }
VEC vec v_xor(vec a, vec b) { return veorq_u32(a, b); }
VEC vec v_add64(vec a, vec b) { return v_of64(vaddq_u64(v_to64(a), v_to64(b))); }
VEC vec v_add16(vec a, vec b) { return v_of16(vaddq_u16(v_to16(a), v_to16(b))); }
VEC vec v_minus16(vec a, vec b) { return v_of16(vqsubq_u16(v_to16(a), v_to16(b))); }
VEC vec v_max16(vec a, vec b) { return vreinterpretq_u32_s16(vmaxq_s16(v_tos16(a), v_tos16(b))); }
VEC vec v_min16(vec a, vec b) { return vreinterpretq_u32_s16(vminq_s16(v_tos16(a), v_tos16(b))); }
VEC vec v_same32(vec a, vec b) { return vceqq_u32(a, b); }
VEC vec v_more16(vec a, vec b) { return v_of16(vcgtq_s16(v_tos16(a), v_tos16(b))); }
VEC vec v_shl32(vec a, int n) { return vshlq_u32(a, vdupq_n_s32(n)); }
VEC vec v_shr64(vec a, int n) { return v_of64(vshlq_u64(v_to64(a), vdupq_n_s64(-n))); }
VEC vec v_shl64(vec a, int n) { return v_of64(vshlq_u64(v_to64(a), vdupq_n_s64(n))); }

VEC vec v_low32(vec a, vec b) { return vzip1q_u32(a, b); }
VEC vec v_high32(vec a, vec b) { return vzip2q_u32(a, b); }
VEC vec v_low64(vec a, vec b) { return v_of64(vzip1q_u64(v_to64(a), v_to64(b))); }
VEC vec v_high64(vec a, vec b) { return v_of64(vzip2q_u64(v_to64(a), v_to64(b))); }

VEC bool v_is_ones(vec a) { return vminvq_u32(a) == UINT32_MAX; }
VEC bool v_is_zero(vec a) { return vmaxvq_u32(a) == 0; }
#endif

/* clang-format on */
#endif
