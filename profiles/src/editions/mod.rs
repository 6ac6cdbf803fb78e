//! One file per edition: its facts, each with its source. An edition that is most like another says
//! only what differs from it.

mod cloud_docs;
mod oss_v1_1_12;
mod oss_v1_1_6;
mod oss_v2_2_1;
mod oss_v2_2_7;
mod oss_v2_2_9;
mod v3_core_3_6;
mod v3_core_3_8_0;

pub(crate) use cloud_docs::CLOUD_DOCS;
pub(crate) use oss_v1_1_6::OSS_V1_1_6;
pub(crate) use oss_v1_1_12::OSS_V1_1_12;
pub(crate) use oss_v2_2_1::OSS_V2_2_1;
pub(crate) use oss_v2_2_7::OSS_V2_2_7;
pub(crate) use oss_v2_2_9::OSS_V2_2_9;
pub(crate) use v3_core_3_6::V3_CORE_3_6;
pub(crate) use v3_core_3_8_0::V3_CORE_3_8_0;
