//! One file per edition: its facts, each with its source. An edition that is most like another says
//! only what differs from it.

mod cloud_dedicated_docs;
mod cloud_dedicated_router_2023;
mod cloud_docs;
mod cloud_serverless_docs;
mod cloud_serverless_router_2023;
mod clustered_docs;
mod clustered_router_2023;
mod oss_v1_1_12;
mod oss_v1_1_6;
mod oss_v2_2_1;
mod oss_v2_2_7;
mod oss_v2_2_9;
mod oss_v2_docs;
mod oss_v2_docs_2_1;
mod v3_core_3_10;
mod v3_core_3_6;
mod v3_core_3_8;
mod v3_core_3_8_0;
mod v3_core_docs;
mod v3_enterprise_docs;

pub(crate) use cloud_dedicated_docs::CLOUD_DEDICATED_DOCS;
pub(crate) use cloud_dedicated_router_2023::CLOUD_DEDICATED_ROUTER_2023;
pub(crate) use cloud_docs::CLOUD_DOCS;
pub(crate) use cloud_serverless_docs::CLOUD_SERVERLESS_DOCS;
pub(crate) use cloud_serverless_router_2023::CLOUD_SERVERLESS_ROUTER_2023;
pub(crate) use clustered_docs::CLUSTERED_DOCS;
pub(crate) use clustered_router_2023::CLUSTERED_ROUTER_2023;
pub(crate) use oss_v1_1_6::OSS_V1_1_6;
pub(crate) use oss_v1_1_12::OSS_V1_1_12;
pub(crate) use oss_v2_2_1::OSS_V2_2_1;
pub(crate) use oss_v2_2_7::OSS_V2_2_7;
pub(crate) use oss_v2_2_9::OSS_V2_2_9;
pub(crate) use oss_v2_docs::OSS_V2_DOCS;
pub(crate) use oss_v2_docs_2_1::OSS_V2_DOCS_2_1;
pub(crate) use v3_core_3_6::V3_CORE_3_6;
pub(crate) use v3_core_3_8::V3_CORE_3_8;
pub(crate) use v3_core_3_8_0::V3_CORE_3_8_0;
pub(crate) use v3_core_3_10::V3_CORE_3_10;
pub(crate) use v3_core_docs::V3_CORE_DOCS;
pub(crate) use v3_enterprise_docs::V3_ENTERPRISE_DOCS;
