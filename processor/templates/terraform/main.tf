# Queue, dead-letter queue, function, table, key and alarms of llmops-processor.
#   module "llmops" { source = "./node_modules/llmops-processor/templates/terraform" }
# A sink is used where its variable is set. The application's role gets the policy producer_policy_arn of the outputs.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws     = { source = "hashicorp/aws", version = ">= 6.0" }
    archive = { source = "hashicorp/archive", version = ">= 2.4" }
  }
}

variable "name" {
  description = "Of the queue, the function and the table; the others have it as their prefix."
  type        = string
  default     = "llmops"
}

variable "bucket_name" {
  description = "An existing S3 bucket for the archive of traces. Empty: none."
  type        = string
  default     = ""
}

variable "bucket_prefix" {
  description = "Before every key in the bucket. The function may write there alone."
  type        = string
  default     = "traces/"
}

variable "metrics_namespace" {
  description = "Namespace of the CloudWatch metrics."
  type        = string
  default     = "LLMOps"
}

variable "langfuse_base_url" {
  type    = string
  default = "https://cloud.langfuse.com"
}

variable "langfuse_public_key" {
  type      = string
  default   = ""
  sensitive = true
}

variable "langfuse_secret_key" {
  type      = string
  default   = ""
  sensitive = true
}

variable "new_relic_license_key" {
  type      = string
  default   = ""
  sensitive = true
}

variable "datadog_api_key" {
  type      = string
  default   = ""
  sensitive = true
}

variable "datadog_site" {
  type    = string
  default = "datadoghq.com"
}

variable "alarm_topic_arn" {
  description = "An SNS topic that alarms are sent to. Empty: they show in CloudWatch alone."
  type        = string
  default     = ""
}

data "aws_partition" "current" {}

locals {
  alarm_actions = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]
}

resource "aws_kms_key" "queue" {
  description         = "Messages in the queues of llmops"
  enable_key_rotation = true
}

resource "aws_sqs_queue" "dead_letter" {
  name              = "${var.name}-dead-letter"
  kms_master_key_id = aws_kms_key.queue.arn
  # Longer than the queue's: a message keeps the time at which it was sent first.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "queue" {
  name                      = var.name
  kms_master_key_id         = aws_kms_key.queue.arn
  message_retention_seconds = 345600
  # Six times the function's time-out.
  visibility_timeout_seconds = 360
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = 5
  })
}

data "aws_iam_policy_document" "tls_only" {
  for_each = {
    queue       = aws_sqs_queue.queue.arn
    dead_letter = aws_sqs_queue.dead_letter.arn
  }

  statement {
    sid    = "TlsOnly"
    effect = "Deny"
    actions = [
      "sqs:SendMessage",
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:ChangeMessageVisibility",
      "sqs:GetQueueAttributes",
      "sqs:SetQueueAttributes",
      "sqs:PurgeQueue",
    ]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "queue" {
  queue_url = aws_sqs_queue.queue.id
  policy    = data.aws_iam_policy_document.tls_only["queue"].json
}

resource "aws_sqs_queue_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.id
  policy    = data.aws_iam_policy_document.tls_only["dead_letter"].json
}

resource "aws_dynamodb_table" "marks" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 30
}

data "aws_iam_policy_document" "consumer" {
  statement {
    sid = "Queue"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ChangeMessageVisibility",
    ]
    resources = [aws_sqs_queue.queue.arn]
  }

  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.queue.arn]
  }

  statement {
    sid = "Table"
    actions = [
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:Query",
    ]
    resources = [aws_dynamodb_table.marks.arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  dynamic "statement" {
    for_each = var.bucket_name == "" ? [] : [var.bucket_name]

    content {
      sid     = "Bucket"
      actions = ["s3:PutObject"]
      resources = [
        "arn:${data.aws_partition.current.partition}:s3:::${statement.value}/${var.bucket_prefix}*",
      ]
    }
  }
}

data "aws_iam_policy_document" "producer" {
  statement {
    sid       = "Queue"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.queue.arn]
  }

  statement {
    sid       = "Key"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_key.queue.arn]
  }
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_policy" "consumer" {
  name   = "${var.name}-consumer"
  policy = data.aws_iam_policy_document.consumer.json
}

resource "aws_iam_policy" "producer" {
  name   = "${var.name}-producer"
  policy = data.aws_iam_policy_document.producer.json
}

resource "aws_iam_role" "function" {
  name               = "${var.name}-function"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy_attachment" "function" {
  role       = aws_iam_role.function.name
  policy_arn = aws_iam_policy.consumer.arn
}

data "archive_file" "function" {
  type        = "zip"
  source_file = "${path.module}/../../dist-lambda/lambda.mjs"
  output_path = "${path.module}/.terraform/llmops-lambda.zip"
}

resource "aws_lambda_function" "function" {
  function_name    = var.name
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
  handler          = "lambda.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60
  role             = aws_iam_role.function.arn

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  environment {
    variables = {
      LLMOPS_TABLE             = aws_dynamodb_table.marks.name
      LLMOPS_METRICS           = "emf"
      LLMOPS_METRICS_NAMESPACE = var.metrics_namespace
      LLMOPS_S3_BUCKET         = var.bucket_name
      LLMOPS_S3_PREFIX         = var.bucket_prefix
      LANGFUSE_BASE_URL        = var.langfuse_base_url
      LANGFUSE_PUBLIC_KEY      = var.langfuse_public_key
      LANGFUSE_SECRET_KEY      = var.langfuse_secret_key
      NEW_RELIC_LICENSE_KEY    = var.new_relic_license_key
      DD_API_KEY               = var.datadog_api_key
      DD_SITE                  = var.datadog_site
    }
  }

  depends_on = [aws_iam_role_policy_attachment.function]
}

resource "aws_lambda_event_source_mapping" "queue" {
  event_source_arn = aws_sqs_queue.queue.arn
  function_name    = aws_lambda_function.function.arn
  batch_size       = 10
  # Without it Lambda ignores which messages failed, and deletes them with the others.
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_cloudwatch_metric_alarm" "dead_letter" {
  alarm_name          = "${var.name}-dead-letter"
  alarm_description   = "Traces that no sink, or not every sink, took. docs/runbook.md of llmops-processor says what to do."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letter.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "age" {
  alarm_name          = "${var.name}-age"
  alarm_description   = "Traces wait for a quarter of an hour: a sink is down, or the function is throttled."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.queue.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 900
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The function itself fails: its configuration, or its time is up."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.function.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
}

output "queue_url" {
  description = "What AWS_SQS_URL is in the application"
  value       = aws_sqs_queue.queue.url
}

output "producer_policy_arn" {
  description = "For the application's role"
  value       = aws_iam_policy.producer.arn
}

output "dead_letter_queue_url" {
  value = aws_sqs_queue.dead_letter.url
}
